/** Annotations that became fields, and what clients that still write them are told. */
type Notes = Readonly<Record<string, string>>

/** `at` is where the metadata is: '' for objects, a path with a dot behind it for templates. */
export const oldAnnotationWarnings = (
  notes: Notes,
  annotations: Readonly<Record<string, unknown>>,
  at = '',
): string[] =>
  Object.entries(notes)
    .filter(([key]) => annotations[key] !== undefined)
    .map(([key, text]) => `${at}metadata.annotations[${key}]: ${text}`)

/** Of claims and volumes alike. */
export const oldStorageClass: Notes = {
  'volume.beta.kubernetes.io/storage-class': 'deprecated since v1.8; use "storageClassName" attribute instead',
}
