internal import Checkpoints
package import Models

extension RotationPlan {
  /// Layers whose inputs are multiplied by a matrix at run time.
  package var layersTurnedAtInputs: Set<String> { online(.inputs) }

  /// Layers whose outputs are multiplied by a matrix at run time.
  package var layersTurnedAtOutputs: Set<String> { online(.outputs) }

  private func online(_ side: Side) -> Set<String> {
    Set(merges.filter { $0.side == side && isOnline($0.matrix) }.map(\.module))
  }

  /// Whether a server has to multiply by a matrix, an index into the plan's, or by its inverse.
  package func isOnline(_ matrix: Int) -> Bool { transforms.groups.contains { $0.name == matrices[matrix].group } }

  /// Modules whose weights are changed, in the order of the model.
  package func changedModules(of outline: ModelOutline) -> [Module] {
    let names = Set(merges.map(\.module)).union(foldedNorms.flatMap(\.readers))
    return outline.modules.filter { names.contains($0.name) }
  }

  /// Names of the float tensors that are no longer what they were: weights, biases of rotated outputs, folded norms.
  var changedTensors: Set<String> {
    var names = Set(foldedNorms.map(\.tensor))
    names.formUnion(foldedNorms.flatMap(\.readers).map { "\($0).weight" })
    for merge in merges {
      names.insert("\(merge.module).weight")
      if merge.side == .outputs { names.insert("\(merge.module).bias") }
    }
    return names
  }
}
