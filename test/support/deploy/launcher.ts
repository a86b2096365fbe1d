/** A `combot` of its own for a machine's PATH: this program, under the Node that runs the test. */
export function launcherScript(program: string): string {
  return `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`;
}
