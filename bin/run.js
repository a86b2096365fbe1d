#!/usr/bin/env node
// Which Node runs this is looked at before anything of ours is loaded.
import { refuseNode } from "./node-guard.js";
import { tellVersion } from "./version.js";

if (!refuseNode() && !tellVersion(process.argv.slice(2))) void import("./cli.js");
