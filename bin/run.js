#!/usr/bin/env node
// Which Node runs this is looked at before anything of ours is loaded.
import { refuseNode } from "./node-guard.js";

if (!refuseNode()) void import("./cli.js");
