import Diagnostics
import JSONDocuments
import Models
import Planning
import TestSupport
import Testing

/// A model that is known by its config and the names of its tensors alone, as when no weight file is at hand.
struct ConfiguredModel: Sendable {
  /// Members of config.json.
  let config: String
  let tensorNames: [String]

  private static let outside = ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"]
  private static let product = ["gate_proj", "up_proj", "down_proj"]
  private static let usual = """
    "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false,
    "torch_dtype": "bfloat16"
    """

  /// A model of the family of Llama: without biases, with a head of its own.
  static func llama(
    hidden: Int,
    blocks: Int,
    heads: Int,
    keyHeads: Int,
    headDimension: Int? = nil,
    inner: Int,
    vocabulary: Int
  ) -> ConfiguredModel {
    let layers = ["q_proj", "k_proj", "v_proj", "o_proj"].map { "self_attn.\($0)" } + product.map { "mlp.\($0)" }
    return ConfiguredModel(
      config: """
        "model_type": "llama", "hidden_size": \(hidden), "intermediate_size": \(inner), "num_hidden_layers": \(blocks),
        "num_attention_heads": \(heads), "num_key_value_heads": \(keyHeads), "vocab_size": \(vocabulary),
        "head_dim": \(headDimension ?? hidden / heads), "max_position_embeddings": 4096, \(usual)
        """,
      tensorNames: outside
        + (0..<blocks).flatMap { block in
          (["input_layernorm", "post_attention_layernorm"] + layers).map { "model.layers.\(block).\($0).weight" }
        }
    )
  }

  /// The numbers that Meta published of Llama 3.1 405B.
  static let llama405B = llama(
    hidden: 16384,
    blocks: 126,
    heads: 128,
    keyHeads: 8,
    inner: 53248,
    vocabulary: 128_256
  )

  /// The numbers that DeepSeek published of DeepSeek-V3 (arXiv:2412.19437), without the block that predicts a second token.
  static let deepSeekV3 = ConfiguredModel(
    config: """
      "model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432, "num_hidden_layers": 61,
      "num_attention_heads": 128, "num_key_value_heads": 128, "vocab_size": 129280, "max_position_embeddings": 163840,
      "first_k_dense_replace": 3, "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1,
      "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "n_group": 8, "topk_group": 4, "topk_method": "noaux_tc",
      "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.5, "q_lora_rank": 1536,
      "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, \(usual)
      """,
    tensorNames: outside
      + (0..<61).flatMap { block -> [String] in
        var modules = ["input_layernorm", "post_attention_layernorm"]
        modules += [
          "q_a_proj", "q_a_layernorm", "q_b_proj", "kv_a_proj_with_mqa", "kv_a_layernorm", "kv_b_proj", "o_proj",
        ].map { "self_attn.\($0)" }
        if block < 3 {
          modules += product.map { "mlp.\($0)" }
        } else {
          modules += ["mlp.gate"] + product.map { "mlp.shared_experts.\($0)" }
          modules += (0..<256).flatMap { expert in product.map { "mlp.experts.\(expert).\($0)" } }
        }
        let bias = block < 3 ? [] : ["model.layers.\(block).mlp.gate.e_score_correction_bias"]
        return modules.map { "model.layers.\(block).\($0).weight" } + bias
      }
  )

  /// A block of Qwen3's kind with four experts, two of which each token gets; heads of 16 channels.
  static let fourExperts = ConfiguredModel(
    config: """
      "model_type": "qwen3_moe", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1,
      "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "num_experts": 4, "num_experts_per_tok": 2,
      "moe_intermediate_size": 32, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": true,
      "vocab_size": 128, "max_position_embeddings": 256, \(usual)
      """,
    tensorNames: outside
      + [
        "input_layernorm", "post_attention_layernorm", "mlp.gate", "self_attn.q_proj", "self_attn.k_proj",
        "self_attn.v_proj", "self_attn.o_proj", "self_attn.q_norm", "self_attn.k_norm",
      ].map { "model.layers.0.\($0).weight" }
      + (0..<4).flatMap { expert in product.map { "model.layers.0.mlp.experts.\(expert).\($0).weight" } }
  )

  func outline() throws -> ModelOutline {
    let document = try JSON.parse(Array("{\(config)}".utf8))
    return try #require(try ModelOutline.derived(config: document, tensorNames: tensorNames))
  }

  /// The plan of one modifier, with other sections of a recipe behind it.
  func plan(_ modifier: String, _ fields: String, _ sections: String = "") throws -> Plan {
    let text = "quant_stage: {quant_modifiers: {\(modifier): {\(fields)}}}\n\(sections)\n"
    return try #require(try BundledModel.plan(SourceFile(name: "recipe.yaml", text: text), on: outline()).value)
  }
}
