/** A promise of the server, or of the simulation itself, does not hold. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}
