/// The documents of `grammar/models`.
enum StandardDocuments {
  static let all: [(name: String, bytes: [UInt8])] = [
    ("deepseek_v3.yaml", PackageResources.deepseek_v3_yaml),
    ("falcon.yaml", PackageResources.falcon_yaml),
    ("gemma2.yaml", PackageResources.gemma2_yaml),
    ("gemma3.yaml", PackageResources.gemma3_yaml),
    ("gpt2.yaml", PackageResources.gpt2_yaml),
    ("gpt_neox.yaml", PackageResources.gpt_neox_yaml),
    ("granite.yaml", PackageResources.granite_yaml),
    ("llama.yaml", PackageResources.llama_yaml),
    ("mistral.yaml", PackageResources.mistral_yaml),
    ("mixtral.yaml", PackageResources.mixtral_yaml),
    ("olmo2.yaml", PackageResources.olmo2_yaml),
    ("opt.yaml", PackageResources.opt_yaml),
    ("phi3.yaml", PackageResources.phi3_yaml),
    ("qwen2.yaml", PackageResources.qwen2_yaml),
    ("qwen2_moe.yaml", PackageResources.qwen2_moe_yaml),
    ("qwen3.yaml", PackageResources.qwen3_yaml),
    ("qwen3_moe.yaml", PackageResources.qwen3_moe_yaml),
    ("starcoder2.yaml", PackageResources.starcoder2_yaml),
  ]
}
