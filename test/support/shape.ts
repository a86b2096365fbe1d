/** What a value is made of, whatever the figures in it: for snapshots of what scripts read. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const fields = Object.entries(value).map(([name, field]) => [/^\d+$/.test(name) ? "PID" : name, shapeOf(field)]);
  return Object.fromEntries(fields);
}
