import { loadSettings } from "../../lib/config/load.ts";
import type { LoadedSettings, LoadOptions } from "../../lib/config/load.ts";
import { reloadSettings } from "../../lib/config/reload.ts";
import type { Reload } from "../../lib/config/reload.ts";
import type { Settings } from "../../lib/config/settings.ts";

/** The one holder of the settings. What a reload may change is read from it when it is needed, and never copied. */
export class SettingsInForce {
  /** Its properties are those of the moment. */
  readonly settings: Settings;
  readonly #options: () => LoadOptions;
  #loaded: LoadedSettings;

  /** @param options where to read from, asked at each reload. @throws {CombotError} `CONFIG_INVALID` */
  constructor(options: () => LoadOptions) {
    this.#options = options;
    this.#loaded = loadSettings(options());
    this.settings = liveView(() => this.#loaded.settings);
  }

  get loaded(): LoadedSettings {
    return this.#loaded;
  }

  /** As they are written now, in force or not; those in force where they can't be read. A rotated password is in them. */
  readAgain(): Settings {
    try {
      return loadSettings(this.#options()).settings;
    } catch {
      return this.#loaded.settings;
    }
  }

  /** @throws {CombotError} `CONFIG_INVALID`; then nothing has changed. */
  reload(): Reload {
    const reload = reloadSettings(this.#loaded, this.#options());
    this.#loaded = reload.loaded;
    return reload;
  }
}

function liveView(current: () => Settings): Settings {
  const keys = Object.keys(current()) as (keyof Settings)[];
  const getters = keys.map((key) => [key, { enumerable: true, get: () => current()[key] }]);
  return Object.defineProperties({}, Object.fromEntries(getters) as PropertyDescriptorMap) as Settings;
}
