/// The two streams of bytes between the server and an editor.
package struct Transport {
  /// Waits for bytes and gives some of them; none at the end of the stream.
  package let read: () -> [UInt8]
  /// Sends bytes; nobody hears what is sent to an editor that is gone.
  package let write: ([UInt8]) -> Void

  package init(read: @escaping () -> [UInt8], write: @escaping ([UInt8]) -> Void) {
    self.read = read
    self.write = write
  }
}
