// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: Context.environment["CI"] == nil ? .warning : .error),
]

/// One room of the house, and the rooms it may see.
func room(_ name: String, sees rooms: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .target(name: name, dependencies: rooms, resources: resources, swiftSettings: settings)
}

/// The tests of one room, the rooms they look into besides, and whether they keep recorded files.
func tests(of name: String, sees rooms: [Target.Dependency] = [], hasFixtures: Bool = true) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.target(name: name), "TestSupport"] + rooms,
    exclude: hasFixtures ? ["Fixtures"] : [],
    swiftSettings: settings
  )
}

/// The fuzzing executable, which `make fuzz` builds with the sanitizer that gives it a main function.
let fuzzing: [Target] =
  Context.environment["PARE_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "pare-fuzz",
      dependencies: [
        "ChatTemplates", "Checkpoints", "Diagnostics", "JSONDocuments", "LanguageServer", "Models", "Recipes", "Syntax",
        "Tokenization",
      ],
      path: "Sources/PareFuzz",
      swiftSettings: settings,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
    )
  ]

let package = Package(
  name: "pare",
  products: [.executable(name: "pare", targets: ["pare"])],
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
  targets: [
    // MARK: C doors
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"]), .brew(["onednn"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
    .systemLibrary(name: "CUTF8Proc", providers: [.apt(["libutf8proc-dev"]), .brew(["utf8proc"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"]), .brew(["xxhash"])]),
    .target(name: "CKernels"),
    .target(name: "CPeak"),
    .target(name: "CReferenceTexts"),
    .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

    // MARK: The words both wings speak
    room("Vocabulary"),

    // MARK: Language
    room("Diagnostics"),
    room("Patterns", sees: ["CPCRE2"]),
    room("Syntax", sees: ["CLibYAML", "Diagnostics"]),
    room(
      "RecipeGrammar",
      sees: ["Diagnostics", "Syntax", "Vocabulary"],
      resources: [.embedInCode("Tables")]
    ),
    room("Recipes", sees: ["Diagnostics", "Patterns", "RecipeGrammar", "Syntax", "Vocabulary"]),

    // MARK: Model
    room("JSONDocuments", sees: ["CSimdJSON"]),
    room("Tensors", sees: ["Vocabulary"]),
    room("Checkpoints", sees: ["CXXHash", "JSONDocuments", "Tensors", "Vocabulary"]),
    room(
      "Models",
      sees: ["Checkpoints", "Diagnostics", "JSONDocuments", "Patterns", "Syntax", "Vocabulary"],
      resources: [.embedInCode("Tables")]
    ),

    room("Hub", sees: ["CCurl", "CLibCrypto", "JSONDocuments"]),

    room("ChatTemplates", sees: ["JSONDocuments"]),

    // MARK: Numerics
    room("Kernels", sees: ["CKernels", "COneDNN", "Tensors", "Vocabulary"]),
    room("Tokenization", sees: ["CUTF8Proc", "ChatTemplates", "JSONDocuments", "Patterns"]),
    room(
      "Inference",
      sees: ["Checkpoints", "JSONDocuments", "Kernels", "Models", "Tensors", "Tokenization", "Vocabulary"]
    ),
    room("Modifiers", sees: ["Kernels", "Tensors", "Vocabulary"]),

    // MARK: Work
    room("Planning", sees: ["Checkpoints", "Diagnostics", "Models", "RecipeGrammar", "Recipes", "Vocabulary"]),
    room(
      "Execution",
      sees: [
        "Checkpoints", "Inference", "JSONDocuments", "Kernels", "Models", "Modifiers", "Planning", "Tensors",
        "Vocabulary",
      ]
    ),
    room(
      "Evaluation",
      sees: ["Checkpoints", "Inference", "JSONDocuments", "Kernels", "Models", "Tensors", "Vocabulary"]
    ),

    // MARK: Doors
    room(
      "Reference",
      sees: ["CReferenceTexts", "Checkpoints", "Diagnostics", "JSONDocuments", "RecipeGrammar", "Syntax", "Vocabulary"]
    ),
    room("ReportPages"),
    room(
      "LanguageServer",
      sees: [
        "Diagnostics", "JSONDocuments", "Models", "Planning", "RecipeGrammar", "Recipes", "Reference", "Syntax",
        "Vocabulary",
      ]
    ),
    room(
      "CommandLineInterface",
      sees: [
        "ChatTemplates", "Checkpoints", "Diagnostics", "Evaluation", "Execution", "Hub", "Inference", "JSONDocuments",
        "Kernels",
        "LanguageServer", "Models",
        "Modifiers", "Patterns", "Planning", "RecipeGrammar", "Recipes", "Reference", "ReportPages", "Syntax",
        "Tensors", "Tokenization", "Vocabulary",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .executableTarget(name: "pare", dependencies: ["CommandLineInterface"], swiftSettings: settings),

    // MARK: Outside the house
    .executableTarget(
      name: "pare-benchmark",
      dependencies: ["CPeak", "Kernels", "Tensors", "Vocabulary"],
      path: "Sources/PareBenchmark",
      swiftSettings: settings
    ),

    // MARK: Tests
    .target(name: "TestSupport", dependencies: ["CLibCrypto"], path: "Tests/TestSupport", swiftSettings: settings),
    tests(of: "Diagnostics", hasFixtures: false),
    tests(of: "Syntax", sees: ["Diagnostics"]),
    tests(of: "Recipes", sees: ["Diagnostics", "RecipeGrammar", "Syntax", "Vocabulary"]),
    tests(
      of: "Reference",
      sees: ["Diagnostics", "JSONDocuments", "RecipeGrammar", "Syntax", "Vocabulary"],
      hasFixtures: false
    ),
    tests(of: "ReportPages", hasFixtures: false),
    tests(
      of: "LanguageServer",
      sees: ["Checkpoints", "Diagnostics", "JSONDocuments", "Models", "RecipeGrammar", "Recipes", "Vocabulary", "pare"]
    ),
    tests(of: "ChatTemplates", sees: ["JSONDocuments"]),
    tests(of: "Hub", hasFixtures: false),
    tests(of: "JSONDocuments", hasFixtures: false),
    tests(of: "Tensors", sees: ["Vocabulary"], hasFixtures: false),
    tests(of: "Checkpoints", sees: ["JSONDocuments", "Tensors", "Vocabulary"]),
    tests(of: "Models", sees: ["Checkpoints", "Diagnostics", "JSONDocuments", "Syntax", "Vocabulary"]),
    tests(of: "Kernels", sees: ["Tensors", "Vocabulary"], hasFixtures: false),
    tests(of: "Tokenization", sees: ["ChatTemplates", "JSONDocuments", "Patterns"]),
    tests(
      of: "Inference",
      sees: ["Checkpoints", "Evaluation", "JSONDocuments", "Kernels", "Models", "Tensors", "Vocabulary"]
    ),
    tests(of: "Modifiers", sees: ["Kernels", "Tensors", "Vocabulary"]),
    tests(
      of: "Evaluation",
      sees: ["Checkpoints", "Inference", "Kernels", "Models", "Tensors", "Vocabulary"],
      hasFixtures: false
    ),
    tests(
      of: "Execution",
      sees: [
        "Checkpoints", "Diagnostics", "Evaluation", "Inference", "JSONDocuments", "Kernels", "Models", "Modifiers",
        "Planning",
        "RecipeGrammar", "Recipes", "Syntax", "Tensors", "Tokenization", "Vocabulary",
      ]
    ),
    tests(
      of: "Planning",
      sees: ["Checkpoints", "Diagnostics", "JSONDocuments", "Models", "RecipeGrammar", "Recipes", "Vocabulary"]
    ),
    tests(
      of: "CommandLineInterface",
      sees: [
        "Checkpoints", "Diagnostics", "Execution", "Hub", "JSONDocuments", "Kernels", "Models", "Planning",
        "RecipeGrammar", "Recipes", "Syntax", "Vocabulary", "pare",
      ]
    ),
  ] + fuzzing
)
