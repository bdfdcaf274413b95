import { fileURLToPath } from "node:url";

/** The API that a client speaks; each has a story of its own in `programs`. */
export type FieldApi = "LDLM REST" | "Locktopus" | "LDLM gRPC";

/** A client as people have it: a program, or a library with a few lines around it. */
export interface FieldClient {
  readonly name: string;
  readonly api: FieldApi;
  /** Debian packages that it comes with. */
  readonly packages: readonly string[];
  /** Is there, and can be used as it is, once this command ends with 0. */
  readonly probe: readonly string[];
  /** Cheap enough for each run of the tests. */
  readonly isCheap: boolean;
  /** The command that plays the story; `base` is a URL, `ca` a file or empty. */
  command(target: FieldTarget): readonly string[];
}

/** What the campaign tells a client. */
export interface FieldTarget {
  /** Such as `https://localhost:8443`. */
  readonly base: string;
  /** Path of the certificate to trust; empty in clear text. */
  readonly ca: string;
  /** A lock of its own. */
  readonly lock: string;
}

const programs = fileURLToPath(new URL("programs", import.meta.url));

/** Debian's, which has Debian's packages. */
const debianPython = "/usr/bin/python3";

function python(
  library: string,
  { name = library, api, packages, module }: PythonLibrary,
): FieldClient {
  return {
    name: `Python's ${name}`,
    api,
    packages,
    probe: [debianPython, "-c", `import ${module}`],
    isCheap: true,
    command: ({ base, ca, lock }) => [
      ...[debianPython, `${programs}/client.py`, library],
      ...[base, ca, lock],
    ],
  };
}

interface PythonLibrary {
  readonly name?: string;
  readonly api: FieldApi;
  readonly packages: readonly string[];
  readonly module: string;
}

function curl(name: string, flags: readonly string[], only?: "http" | "https"): FieldClient {
  return {
    name: `curl, ${name}`,
    api: "LDLM REST",
    packages: ["curl"],
    probe: ["curl", "--version"],
    isCheap: true,
    command: ({ base, ca, lock }) => {
      const own = only === "http" && ca !== "" ? [] : flags;
      return ["bash", `${programs}/curl.sh`, base, ca, lock, ...own];
    },
  };
}

function node(kind: string, name: string, api: FieldApi): FieldClient {
  return {
    name: `Node's ${name}`,
    api,
    packages: [],
    probe: [process.execPath, "--version"],
    isCheap: true,
    command: ({ base, ca, lock }) => {
      const trust = ca === "" ? [] : ["env", `NODE_EXTRA_CA_CERTS=${ca}`];
      return [...trust, process.execPath, `${programs}/client.mjs`, kind, base, ca, lock];
    },
  };
}

function java(kind: string, name: string, api: FieldApi): FieldClient {
  return {
    name: `Java's ${name}`,
    api,
    packages: ["default-jdk-headless"],
    probe: ["javac", "-version"],
    isCheap: false,
    command: ({ base, ca, lock }) => ["java", `${programs}/Client.java`, kind, base, ca, lock],
  };
}

function perl(kind: string, name: string, api: FieldApi): FieldClient {
  return {
    name: `Perl's ${name}`,
    api,
    packages: ["libmojolicious-perl", "libio-socket-ssl-perl"],
    probe: ["perl", "-MMojolicious", "-e", "1"],
    isCheap: true,
    command: ({ base, ca, lock }) => ["perl", `${programs}/client.pl`, kind, base, ca, lock],
  };
}

/** Debian's packages of Go are sources in a GOPATH. */
const goEnvironment = ["env", "GO111MODULE=off", "GOFLAGS=", "GOPATH=/usr/share/gocode"];

function go(kind: string, name: string, api: FieldApi): FieldClient {
  return {
    name: `Go's ${name}`,
    api,
    packages: ["golang-go", "golang-google-grpc-dev"],
    probe: [...goEnvironment, "go", "list", "google.golang.org/grpc"],
    isCheap: false,
    command: ({ base, ca, lock }) => [
      ...[...goEnvironment, "go", "run", `${programs}/client.go`],
      ...[kind, base, ca, lock],
    ],
  };
}

export const fieldClients: readonly FieldClient[] = [
  curl("HTTP/1.0", ["--http1.0"]),
  curl("HTTP/1.1", ["--http1.1"]),
  curl("with an offer of h2c", ["--http2"]),
  curl("HTTP/2", ["--http2-prior-knowledge"], "http"),
  curl("Expect: 100-continue", ["--header", "Expect: 100-continue"]),
  python("requests", { api: "LDLM REST", packages: ["python3-requests"], module: "requests" }),
  python("httpx", { api: "LDLM REST", packages: ["python3-httpx"], module: "httpx" }),
  python("aiohttp", { api: "LDLM REST", packages: ["python3-aiohttp"], module: "aiohttp" }),
  node("fetch", "fetch", "LDLM REST"),
  node("undici", "undici", "LDLM REST"),
  java("http1", "HttpClient, HTTP/1.1", "LDLM REST"),
  java("http2", "HttpClient, HTTP/2", "LDLM REST"),
  java("continue", "HttpClient, expecting 100-continue", "LDLM REST"),
  perl("http", "Mojo::UserAgent", "LDLM REST"),
  go("http", "net/http", "LDLM REST"),
  python("aiohttp-web-socket", {
    name: "aiohttp",
    api: "Locktopus",
    packages: ["python3-aiohttp"],
    module: "aiohttp",
  }),
  python("websockets", {
    api: "Locktopus",
    packages: ["python3-websockets"],
    module: "websockets",
  }),
  python("websocket-client", {
    api: "Locktopus",
    packages: ["python3-websocket"],
    module: "websocket",
  }),
  node("web-socket", "WebSocket", "Locktopus"),
  node("ws", "ws", "Locktopus"),
  java("web-socket", "WebSocket", "Locktopus"),
  perl("web-socket", "Mojo::UserAgent", "Locktopus"),
  python("grpcio", { api: "LDLM gRPC", packages: ["python3-grpcio"], module: "grpc" }),
  node("grpc-js", "grpc-js", "LDLM gRPC"),
  go("grpc", "grpc", "LDLM gRPC"),
];
