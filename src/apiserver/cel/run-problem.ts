/** What goes wrong when an expression runs, in the words of cel-go. Source: github.com/google/cel-go/common/types/err.go. */

const words: readonly (readonly [RegExp, string])[] = [
  [/^No such key: index out of bounds, index (-?\d+).*$/, 'index out of bounds: $1'],
  [/^No such key: (.*)$/, 'no such key: $1'],
  [/^(found no matching overload|no such overload).*$/, 'no such overload'],
  [/^integer overflow.*$/, 'integer overflow'],
  [/^Unsigned integer overflow$/, 'unsigned integer overflow'],
  [/^modulo by zero$/, 'modulus by zero'],
  [/^timestamp\(\) requires.*$/, "type conversion error from 'string' to 'google.protobuf.Timestamp'"],
  [/^Invalid duration string: .*$/, "type conversion error from 'string' to 'google.protobuf.Duration'"],
  [/^Invalid time zone specified: (.*)$/, 'unknown time zone $1'],
  [/^(int|uint|double|bool)\(\) (type|conversion) error.*$/, "type conversion error from 'string' to '$1'"],
  [/^Optional value is not present$/, 'optional.none() dereference'],
]

export function runProblem(error: Error): string {
  const [message = ''] = error.message.split('\n')
  const known = words.find(([pattern]) => pattern.test(message))
  return known === undefined ? message : message.replace(...known)
}
