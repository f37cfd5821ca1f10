"""The small models whose logits `record_logits.py` records: a configuration, the type they are stored in, and what is done to their files.

Sizes are chosen so that each feature shows within 40 tokens: windows of 16, original lengths below 40, soft caps near the values that they cap.
"""

import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPVisionConfig, DeepseekV3Config, FalconConfig, Gemma2Config, Gemma3Config, Gemma3TextConfig, GPT2Config,
    GPTNeoXConfig, GraniteConfig, LlamaConfig, LlavaConfig, Mistral3Config, MistralConfig, MixtralConfig, Olmo2Config,
    OPTConfig, Phi3Config, PixtralVisionConfig, Qwen2Config, Qwen2MoeConfig, Qwen3Config, Qwen3MoeConfig,
    SiglipVisionConfig, Starcoder2Config)

TOKENS = dict(bos_token_id=1, eos_token_id=2, pad_token_id=0)
CORE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, vocab_size=64)
SIZES = dict(CORE, intermediate_size=48, max_position_embeddings=256)
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64}
GEMMA = dict(SIZES, **TOKENS, num_key_value_heads=2, head_dim=16, sliding_window=16, query_pre_attn_scalar=24)
GEMMA_3 = dict(GEMMA, num_hidden_layers=4, sliding_window_pattern=2, rope_parameters={
    "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}})
PHI = dict(SIZES, **TOKENS, num_key_value_heads=2)
FALCON = dict(CORE, ffn_hidden_size=48, bos_token_id=1, eos_token_id=2)
OPT = dict(CORE, **TOKENS, ffn_dim=48, max_position_embeddings=64)
GPT_2 = dict(n_embd=32, n_inner=48, n_layer=2, n_head=4, n_positions=64, vocab_size=64, bos_token_id=1, eos_token_id=2)
GPT_NEOX = dict(SIZES, num_attention_heads=2, rope_parameters={"rope_theta": 100.0, "partial_rotary_factor": 0.25})
DEEPSEEK = dict(SIZES, num_hidden_layers=3, moe_intermediate_size=16, first_k_dense_replace=1, n_routed_experts=8,
                n_shared_experts=1, num_experts_per_tok=3, n_group=2, topk_group=1, routed_scaling_factor=2.5,
                num_key_value_heads=4, kv_lora_rank=16, qk_nope_head_dim=8, qk_rope_head_dim=8, v_head_dim=12,
                # Far from the 1e-6 that norms of latents have whatever the configuration says.
                rms_norm_eps=1e-2)
QWEN_3_MOE = dict(SIZES, num_key_value_heads=2, head_dim=16, num_experts=4, num_experts_per_tok=2,
                  moe_intermediate_size=24, decoder_sparse_step=2, norm_topk_prob=True)
LONG_ROPE = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.3, 1.6],
             "long_factor": [1.0, 2.0, 4.0, 8.0]}
VISION = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)


def models():
    """Name, configuration, stored type and what rewrites the files, in the order of their seeds."""
    # The first six keep their places, hence their seeds.
    yield "llama", LlamaConfig(**SIZES, num_key_value_heads=2, rms_norm_eps=1e-5), torch.float32
    yield "llama-tied", LlamaConfig(**SIZES, num_key_value_heads=4, tie_word_embeddings=True), torch.float16
    yield "llama-3-rope", LlamaConfig(**SIZES, num_key_value_heads=1, rope_parameters={
        "rope_type": "llama3", "rope_theta": 100.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}), torch.bfloat16
    yield "llama-linear-rope", LlamaConfig(**SIZES, num_key_value_heads=2, rope_parameters={
        "rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}), torch.bfloat16
    yield "mistral", MistralConfig(**SIZES, num_key_value_heads=2, head_dim=16, sliding_window=None), torch.bfloat16
    yield "qwen2", Qwen2Config(**SIZES, num_key_value_heads=2, rope_parameters={
        "rope_type": "default", "rope_theta": 1000000.0}), torch.float32

    yield "qwen3", Qwen3Config(**SIZES, num_key_value_heads=2, head_dim=8), torch.float32
    yield "qwen3-wide", Qwen3Config(**SIZES, num_key_value_heads=1, head_dim=16, attention_bias=True), torch.bfloat16
    yield "phi3", Phi3Config(**PHI), torch.bfloat16
    yield "phi3-partial", Phi3Config(**PHI, partial_rotary_factor=0.5, sliding_window=16), torch.bfloat16
    yield "phi3-longrope", Phi3Config(**PHI, original_max_position_embeddings=16, rope_parameters=dict(LONG_ROPE)), \
        torch.bfloat16, older_rope
    yield "phi3-longrope-short", Phi3Config(
        **PHI, original_max_position_embeddings=64, rope_parameters=dict(LONG_ROPE)), torch.bfloat16
    yield "llama-yarn", LlamaConfig(**SIZES, num_key_value_heads=2, rope_parameters=dict(YARN)), torch.bfloat16, older_rope
    yield "llama-dynamic-rope", LlamaConfig(**dict(SIZES, max_position_embeddings=16), num_key_value_heads=2, rope_parameters={
        "rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}), torch.bfloat16
    yield "gemma2", Gemma2Config(**dict(GEMMA, num_hidden_layers=4), attn_logit_softcapping=2.0, final_logit_softcapping=1.5), \
        torch.bfloat16
    yield "gemma3-text", Gemma3TextConfig(**GEMMA_3), torch.bfloat16
    yield "gemma3", Gemma3Config(
        text_config=Gemma3TextConfig(**GEMMA_3), vision_config=SiglipVisionConfig(**VISION, vision_use_head=False),
        mm_tokens_per_image=4, image_token_index=63, boi_token_index=62, eoi_token_index=61), torch.bfloat16, older_gemma_3
    yield "mistral-window", MistralConfig(**SIZES, num_key_value_heads=2, sliding_window=16), torch.bfloat16
    yield "qwen2-window", Qwen2Config(**dict(SIZES, num_hidden_layers=3), num_key_value_heads=2, use_sliding_window=True,
                                      sliding_window=16, max_window_layers=1), torch.bfloat16
    yield "opt", OPTConfig(**OPT), torch.float32
    yield "opt-untied", OPTConfig(**OPT, tie_word_embeddings=False, enable_bias=False), torch.bfloat16
    yield "opt-post-norm", OPTConfig(**OPT, do_layer_norm_before=False, word_embed_proj_dim=16), torch.bfloat16
    yield "gpt2", GPT2Config(**GPT_2), torch.float32
    yield "gpt2-bare", GPT2Config(**GPT_2, scale_attn_by_inverse_layer_idx=True), torch.bfloat16, bare_gpt_2
    yield "gpt-neox", GPTNeoXConfig(**GPT_NEOX), torch.bfloat16, older_gpt_neox
    yield "gpt-neox-sequential", GPTNeoXConfig(**GPT_NEOX, use_parallel_residual=False), torch.bfloat16
    yield "falcon-7b", FalconConfig(**FALCON), torch.float32
    yield "falcon-11b", FalconConfig(
        **FALCON, new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1), torch.bfloat16
    yield "falcon-40b", FalconConfig(**FALCON, new_decoder_architecture=True, num_kv_heads=2), torch.bfloat16
    # Two of ten heads have slopes that bfloat16 rounds.
    yield "falcon-rw", FalconConfig(**dict(FALCON, hidden_size=40, num_attention_heads=10), alibi=True, multi_query=False,
                                    parallel_attn=False, bias=True), torch.bfloat16
    yield "starcoder2", Starcoder2Config(**SIZES, num_key_value_heads=2, sliding_window=16, bos_token_id=1, eos_token_id=2), \
        torch.bfloat16
    yield "granite", GraniteConfig(**SIZES, num_key_value_heads=2, embedding_multiplier=3.0, attention_multiplier=0.2,
                                   residual_multiplier=0.4, logits_scaling=1.5), torch.bfloat16
    yield "olmo2", Olmo2Config(**SIZES, **TOKENS, num_key_value_heads=2), torch.bfloat16
    yield "mixtral", MixtralConfig(**dict(SIZES, intermediate_size=24), num_key_value_heads=2, num_local_experts=4,
                                   num_experts_per_tok=2), torch.bfloat16
    yield "qwen2-moe", Qwen2MoeConfig(**dict(SIZES, num_hidden_layers=3), num_key_value_heads=2, num_experts=6,
                                      num_experts_per_tok=3, moe_intermediate_size=16, shared_expert_intermediate_size=24,
                                      mlp_only_layers=[1], norm_topk_prob=False), torch.bfloat16
    yield "qwen3-moe", Qwen3MoeConfig(**QWEN_3_MOE), torch.bfloat16
    yield "qwen3-moe-fused", Qwen3MoeConfig(**QWEN_3_MOE), torch.bfloat16, fused_experts
    yield "deepseek-v3", DeepseekV3Config(**DEEPSEEK, q_lora_rank=16, rope_parameters=dict(
        YARN, mscale=0.7, mscale_all_dim=1.3)), torch.bfloat16, older_rope
    yield "deepseek-v3-direct", DeepseekV3Config(**dict(DEEPSEEK, num_hidden_layers=2), q_lora_rank=None), torch.bfloat16
    yield "llava", LlavaConfig(
        text_config=LlamaConfig(**SIZES, num_key_value_heads=2), vision_config=CLIPVisionConfig(**VISION),
        image_token_index=63, image_seq_length=4, vision_feature_layer=-1), torch.bfloat16
    yield "mistral3", Mistral3Config(
        text_config=MistralConfig(**SIZES, num_key_value_heads=2, head_dim=16, sliding_window=None),
        vision_config=PixtralVisionConfig(**VISION), image_token_index=63, tie_word_embeddings=False), torch.bfloat16


def rewrite_config(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def rewrite_tensors(folder, change):
    path = folder / "model.safetensors"
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file({name: value.contiguous() for name, value in change(load_file(path)).items()}, path, metadata)


def older_rope(folder):
    """`rope_theta` and `rope_scaling`, as written before transformers 5."""
    def change(config):
        rope = config.pop("rope_parameters")
        config["rope_theta"] = rope.pop("rope_theta")
        if rope.get("partial_rotary_factor") == 1.0:
            del rope["partial_rotary_factor"]
        if config["model_type"] == "phi3":
            rope = {"type": rope["rope_type"], "long_factor": rope["long_factor"], "short_factor": rope["short_factor"]}
        config["rope_scaling"] = rope
    rewrite_config(folder, change)


def older_gemma_3(folder):
    """The text configuration with what is not default only, as the published checkpoints of Gemma 3 have it."""
    def change(config):
        text = config["text_config"]
        rope = text.pop("rope_parameters")
        text.pop("layer_types")
        text.pop("_sliding_window_pattern", None)
        text["sliding_window_pattern"] = 2
        text["rope_theta"] = rope["full_attention"]["rope_theta"]
        text["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        text["rope_scaling"] = {"factor": rope["full_attention"]["factor"], "rope_type": "linear"}
        defaults = Gemma3TextConfig().to_dict()
        config["text_config"] = {
            key: value for key, value in text.items() if key == "model_type" or defaults.get(key) != value}
        config.pop("tie_word_embeddings", None)
    rewrite_config(folder, change)


def older_gpt_neox(folder):
    """`rotary_pct` and `rotary_emb_base`."""
    def change(config):
        rope = config.pop("rope_parameters")
        config["rotary_emb_base"], config["rotary_pct"] = rope["rope_theta"], rope["partial_rotary_factor"]
    rewrite_config(folder, change)


def bare_gpt_2(folder):
    """Names without prefix and the buffers of masks, as in the published checkpoint of GPT-2, and only the oldest keys."""
    def change(tensors):
        bare = {name.removeprefix("transformer."): value for name, value in tensors.items()}
        for layer in range(GPT_2["n_layer"]):
            mask = torch.ones(GPT_2["n_positions"], GPT_2["n_positions"], dtype=bare["wte.weight"].dtype).tril()
            bare[f"h.{layer}.attn.bias"] = mask[None, None]
        return bare
    rewrite_tensors(folder, change)
    rewrite_config(folder, lambda config: [config.pop(key, None) for key in ("tie_word_embeddings", "activation_function")])


def fused_experts(folder):
    """Experts of a layer in two tensors: `gate_up_proj` [experts, 2 x intermediate, hidden] and `down_proj`."""
    def change(tensors):
        fused = {name: value for name, value in tensors.items() if ".experts." not in name}
        prefixes = {name.split(".experts.")[0] for name in tensors if ".experts." in name}
        for prefix in sorted(prefixes):
            def stack(projection):
                return torch.stack([tensors[f"{prefix}.experts.{expert}.{projection}.weight"]
                                    for expert in range(QWEN_3_MOE["num_experts"])])
            fused[f"{prefix}.experts.gate_up_proj"] = torch.cat([stack("gate_proj"), stack("up_proj")], dim=1)
            fused[f"{prefix}.experts.down_proj"] = stack("down_proj")
        return fused
    rewrite_tensors(folder, change)
