/** What is told of what an expression says of a refusal. Source: k8s.io/apiserver/pkg/apis/cel/config.go. */

const maxBytes = 5 * 1024

/** Without the space around it; undefined where it is empty, of several lines, or too long. */
export function toldMessage(said: string): string | undefined {
  const text = said.trim()
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > maxBytes ? undefined : text
}
