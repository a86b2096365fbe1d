import { readFileSync } from "node:fs";
import { Eta } from "eta";
import { packageFile } from "../package-files.ts";

const FOLDER = packageFile("templates");

const read = (name: string): string => readFileSync(`${FOLDER}/${name}.eta`, "utf8");

/** Renders templates/NAME.eta. Nothing is escaped: these are no web pages. A value that is missing fails the rendering. */
export function renderTemplate(name: string, values: object): string {
  const eta = new Eta({ autoEscape: false });
  eta.loadTemplate("@sandbox", read("sandbox"));
  return eta.renderString(read(name), values);
}
