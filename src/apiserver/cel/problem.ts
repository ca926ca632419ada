/** Something that is wrong with an expression. */
export interface Problem {
  readonly text: string
  /** The offset in the source. */
  readonly at: number
}
