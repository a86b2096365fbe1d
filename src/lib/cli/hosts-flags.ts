import * as Flags from "@oclif/core/flags";

/** For commands that ask several hosts. */
export const hostsFlags = {
  hosts: Flags.string({
    description: "Over ssh, each host that this file names, one a line.",
    helpValue: "FILE",
    exclusive: ["socket", "url", "token-file"],
  }),
  "ssh-config": Flags.string({
    description: "With --hosts: read by ssh in place of ~/.ssh/config. Default: COMBOT_SSH_CONFIG.",
    helpValue: "FILE",
    dependsOn: ["hosts"],
  }),
  program: Flags.string({
    description: "With --hosts: the combot to run there. Default: combot, as root finds it.",
    helpValue: "PATH",
    dependsOn: ["hosts"],
  }),
};

export interface HostsFlags {
  readonly hosts?: string | undefined;
  readonly "ssh-config"?: string | undefined;
  readonly program?: string | undefined;
}

/** For `combot deploy`. */
export const hostsDeployFlags = {
  ...hostsFlags,
  package: Flags.string({
    description: "With --hosts: archive of npm pack that is copied to each host and deployed from there.",
    helpValue: "FILE.tgz",
    dependsOn: ["hosts"],
    exclusive: ["program"],
  }),
  batch: Flags.string({
    description: "With --hosts: so many at a time, as a number or a share of all. Default: 1.",
    helpValue: "N|N%",
    dependsOn: ["hosts"],
  }),
  wait: Flags.string({
    description: "With --hosts: between two batches, as 30s or 2m. Default: 0s.",
    helpValue: "TIME",
    dependsOn: ["hosts"],
  }),
  status: Flags.boolean({ description: "With --hosts: show what runs where, and stop.", dependsOn: ["hosts"] }),
};

export interface HostsDeployFlags extends HostsFlags {
  readonly package?: string | undefined;
  readonly batch?: string | undefined;
  readonly wait?: string | undefined;
  readonly status: boolean;
}
