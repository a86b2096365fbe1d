import { chmodSync, mkdirSync, statSync } from "node:fs";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";

const FOLDER_MODE = 0o750;
const OTHERS_WRITE = 0o002;

/**
 * Makes the socket's folder (mode 0750) if there is none, and refuses one in which somebody else could put his own
 * socket in the place of ours: a folder of another user's, or one that everybody may write to. The sticky bit does not
 * mend the latter: under it nobody can take our socket away, but while no daemon runs anybody can bind its name and
 * be sent the texts. That others may *enter* the folder is no fault: the socket's own mode keeps them out, and /run is
 * such a folder. The mode of a folder that was there is somebody's decision and stays.
 *
 * @param uid of this process.
 * @throws {CombotError} `SOCKET_UNSAFE`; `SOCKET_UNAVAILABLE` where it can't be made.
 */
export function prepareSocketFolder(folder: string, uid: number): void {
  try {
    // The umask may have taken bits away, so the mode of what we made is set once more.
    if (mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })) chmodSync(folder, FOLDER_MODE);
  } catch (thrown) {
    throw failureBy(thrown, "SOCKET_UNAVAILABLE", `${folder} can't be made: ${systemCodeOf(thrown)}`);
  }
  const fault = faultOf(statSync(folder), uid);
  if (fault) throw new CombotError("SOCKET_UNSAFE", `${folder} ${fault}`);
}

function faultOf(status: { readonly uid: number; readonly mode: number }, uid: number): string | undefined {
  if (status.uid !== uid && status.uid !== 0) return `belongs to uid ${status.uid}, neither to root nor to uid ${uid}`;
  if ((status.mode & OTHERS_WRITE) === 0) return undefined;
  return `can be written to by everybody (mode 0${(status.mode & 0o7777).toString(8)}): use a folder inside it`;
}
