internal import CKernels

/// How the process's memory is allocated.
package enum Allocation {
  /// Bytes from which on a block is the system's again as soon as it is freed: more than a panel of rows takes, which would cost
  /// time, and less than what makes up a run's peak, which would leave holes.
  private static let largeBlock = 8 << 20

  /// Makes what is resident follow what is used, for the rest of the process; to be called before the work.
  ///
  /// Otherwise the C library keeps freed blocks of up to 32 MiB between others that are in use, and the peak grows with the length of a
  /// run.
  package static func returnLargeBlocks() { pare_return_large_blocks(largeBlock) }
}
