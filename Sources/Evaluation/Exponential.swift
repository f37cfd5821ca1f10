#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The C library's exponential.
enum Exponential {
  static func of(_ x: Double) -> Double { exp(x) }
}
