#!/usr/bin/env node
/**
 * The entry point of the command. Every version of Node can read it, so that it can say in one sentence what is missing
 * before anything else is loaded. It runs the sources in a checkout, and what `npm run build` made of them in a package.
 */
"use strict";

/** Signals that came before src/cli/signals.ts could catch them. It takes them over from here. */
const early = [];
if (process.argv[2] === "serve") {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"];
  const hold = (name) => early.push(name);
  for (const name of names) process.on(name, hold);
  process.takeEarlySignals = () => {
    for (const name of names) process.off(name, hold);
    return early;
  };
}

const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const root = join(__dirname, "..");
const { engines, dependencies } = require("../package.json");
/** Earlier versions have known holes in HTTP/2; docs/operating/security.md. */
const needed = engines.node.replace(">=", "");
const source = join(root, "src/cli/main.ts");
const isCheckout = existsSync(source);
const main = isCheckout ? source : join(root, "dist/cli/main.js");

const missing = whatIsMissing();
if (missing === undefined) {
  import(pathToFileURL(main).href);
} else {
  process.stderr.write(`holdfast: ${missing}\n`);
  process.exitCode = 2;
}

function whatIsMissing() {
  if (isOlder(process.versions.node, needed)) {
    return `Node ${needed} or newer is needed, and this is ${process.versions.node}; ${adviceForNode()}`;
  }
  const absent = Object.keys(dependencies).filter((name) => !isInstalled(name));
  if (absent.length === 0) return undefined;
  return `the package ${absent.join(", ")} is not installed; run npm ci`;
}

/** A checkout brings Node along, as a package that only npm scripts and ./holdfast see. */
function adviceForNode() {
  const orNewer = `install Node ${needed} or newer`;
  if (!isCheckout) return orNewer;
  if (existsSync(join(root, "node_modules/node/bin/node"))) {
    return "start it with npm start or ./holdfast, which take the Node that npm ci has installed here";
  }
  if (existsSync(join(root, "node_modules/node"))) {
    return `npm ci was told to run no scripts (--ignore-scripts), so the Node that comes along is not there: run npm rebuild node, or ${orNewer}`;
  }
  if (existsSync(join(root, "node_modules"))) {
    return `npm ci has left out the Node that comes along (NODE_ENV=production, --omit=dev): run npm ci --include=dev, or ${orNewer}`;
  }
  return `run npm ci, which brings one along, or ${orNewer}`;
}

/** As a module finds it: in this folder or in one around it. */
function isInstalled(name) {
  return require.resolve.paths(name).some((folder) => existsSync(join(folder, name)));
}

function isOlder(version, other) {
  const [parts, others] = [version, other].map((text) => text.split(".").map(Number));
  const place = others.findIndex((part, index) => part !== parts[index]);
  return place >= 0 && parts[place] < others[place];
}
