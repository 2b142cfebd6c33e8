/** A moment in time. Units: milliseconds since 1970-01-01T00:00:00Z, whole. */
export type Instant = number;

/** Writes an instant as ISO 8601 text in UTC, the form that hashes and keys use. */
export function toIsoText(instant: Instant): string {
  return new Date(instant).toISOString();
}
