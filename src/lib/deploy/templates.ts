import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Eta } from "eta";

const FOLDER = fileURLToPath(new URL("../../../templates/", import.meta.url));

const read = (name: string): string => readFileSync(`${FOLDER}${name}.eta`, "utf8");

/** Renders templates/NAME.eta. Nothing is escaped: these are no web pages. A value that is missing fails the rendering. */
export function renderTemplate(name: string, values: object): string {
  const eta = new Eta({ autoEscape: false });
  eta.loadTemplate("@sandbox", read("sandbox"));
  return eta.renderString(read(name), values);
}
