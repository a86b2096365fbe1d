/** What the metrics come as. Both text formats are sent as `text/plain`, which every scraper reads. */
const TEXT = ["text/plain", "application/openmetrics-text", "text/*"];
const JSON_TYPES = ["application/json", "application/*", "*/*"];

/**
 * Whether an Accept header (RFC 9110, 12.5.1) wants Prometheus text rather than JSON. JSON is the default: text has to
 * be asked for, by name or as `text/*`, and with a higher weight than JSON if JSON is named too.
 */
export function prefersText(accept: string | undefined): boolean {
  if (!accept) return false;
  const weights = new Map(accept.split(",").map(weighedRange));
  const text = Math.max(...TEXT.map((range) => weights.get(range) ?? 0));
  const named = weights.get("application/json");
  if (named !== undefined) return text > named;
  return text > 0 && text >= Math.max(...JSON_TYPES.map((range) => weights.get(range) ?? 0));
}

function weighedRange(part: string): [range: string, weight: number] {
  const [range = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  return [range, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
}
