/** Whom tokens of service accounts stand for. */

/** Why a token of ours is no good. */
export class TokenProblem extends Error {
  override readonly name = 'TokenProblem'
}

export const serviceAccountGroups = (namespace: string): readonly string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
]
