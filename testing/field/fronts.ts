/** What stands between the clients and the server: nothing, TLS, or a proxy by its recipe. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FieldApi } from "./clients.ts";
import { freePorts, type Running, startProgram } from "./program.ts";
import { type Ingredients, recipe } from "./recipes.ts";
import type { FieldServers } from "./servers.ts";

export interface Front {
  /** A column of the table. */
  readonly name: string;
  /** Debian packages that it comes with. */
  readonly packages: readonly string[];
  readonly probe: readonly string[];
  open(servers: FieldServers): Promise<OpenFront>;
}

export interface OpenFront extends AsyncDisposable {
  /** Such as `https://localhost:8443`; `undefined`: the front does not pass the API on. */
  base(api: FieldApi): string | undefined;
}

/** A proxy whose recipe passes HTTP on, and connections if it can. */
interface Proxy extends Pick<Front, "name" | "packages"> {
  readonly program: string;
  readonly passesConnections: boolean;
  /** Writes the configuration and returns the arguments with which the program runs in the foreground. */
  configure(ingredients: Ingredients): readonly string[];
}

function proxy({ name, packages, program, passesConnections, configure }: Proxy): Front {
  return {
    name,
    packages,
    probe: ["which", program],
    async open({ folder, ports: { main, ldlm } }) {
      const [https = 0, grpc = 0] = await freePorts(2);
      const ports = { main, ldlm, https, grpc };
      const argv = configure({ folder, ports });
      const opened = passesConnections ? [https, grpc] : [https];
      return fronted(await startProgram([program, ...argv], { folder, ports: opened }), (api) => {
        if (api !== "LDLM gRPC") return `https://localhost:${https}`;
        return passesConnections ? `https://localhost:${grpc}` : undefined;
      });
    },
  };
}

function fronted(running: Running | undefined, base: OpenFront["base"]): OpenFront {
  return {
    base,
    async [Symbol.asyncDispose]() {
      await running?.[Symbol.asyncDispose]();
    },
  };
}

const nginxModule = "/usr/lib/nginx/modules/ngx_stream_module.so";

/** A main section with files of its own, so that the program of this test touches no other. */
function nginxMain(folder: string): string {
  return `load_module ${nginxModule};\nerror_log stderr;\npid ${folder}/nginx.pid;\n`;
}

function configureNginx(folder: string, text: string): readonly string[] {
  const file = join(folder, "nginx.conf");
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/nginx-${kind};`)
    .join(" ");
  const rest = text.replace("http {", `http { access_log off; ${own}`);
  writeFileSync(file, nginxMain(folder) + rest);
  return ["-p", folder, "-c", file, "-g", "daemon off;"];
}

const apacheModules = [
  "mpm_event",
  "authz_core",
  "socache_shmcb",
  "ssl",
  "http2",
  "proxy",
  "proxy_http",
];

/** A proxy that passes connections on, TLS and all, with the header of the PROXY protocol. */
function tlsThrough(
  name: string,
  {
    packages,
    program,
    configure,
  }: Pick<Proxy, "packages" | "program"> & {
    configure(folder: string, from: number, to: number): readonly string[];
  },
): Front {
  return {
    name: `${name}, TLS through`,
    packages,
    probe: ["which", program],
    async open({ folder, ports: { proxied } }) {
      const [port = 0] = await freePorts(1);
      const argv = configure(folder, port, proxied);
      const running = await startProgram([program, ...argv], { folder, ports: [port] });
      return fronted(running, () => `https://localhost:${port}`);
    },
  };
}

const nginx = { packages: ["nginx", "libnginx-mod-stream"], program: "nginx" };
const haproxy = { packages: ["haproxy"], program: "haproxy" };

export const fronts: readonly Front[] = [
  {
    name: "nothing",
    packages: [],
    probe: ["true"],
    open: async ({ ports: { main } }) => fronted(undefined, () => `http://localhost:${main}`),
  },
  {
    name: "TLS of the server",
    packages: [],
    probe: ["true"],
    open: async ({ ports: { tls } }) => fronted(undefined, () => `https://localhost:${tls}`),
  },
  proxy({
    ...nginx,
    name: "nginx",
    passesConnections: true,
    configure: (ingredients) => configureNginx(ingredients.folder, recipe("nginx", ingredients)),
  }),
  tlsThrough("nginx", {
    ...nginx,
    configure: (folder, from, to) =>
      configureNginx(
        folder,
        `events {}\nstream { server { listen ${from}; proxy_pass 127.0.0.1:${to}; proxy_protocol on; } }\n`,
      ),
  }),
  proxy({
    ...haproxy,
    name: "HAProxy",
    passesConnections: true,
    configure(ingredients) {
      const file = join(ingredients.folder, "haproxy.cfg");
      writeFileSync(file, recipe("haproxy", ingredients));
      return ["-db", "-f", file];
    },
  }),
  tlsThrough("HAProxy", {
    ...haproxy,
    configure(folder, from, to) {
      const file = join(folder, "haproxy.cfg");
      const timeouts = ["connect 5s", "client 2m", "server 2m"].map(
        (time) => `  timeout ${time}\n`,
      );
      const listen = `  bind :${from}\n  server one 127.0.0.1:${to} send-proxy-v2\n`;
      writeFileSync(file, `defaults\n  mode tcp\n${timeouts.join("")}\nlisten tls\n${listen}`);
      return ["-db", "-f", file];
    },
  }),
  proxy({
    name: "Apache",
    packages: ["apache2"],
    program: "apache2",
    passesConnections: false,
    configure(ingredients) {
      const { folder, ports } = ingredients;
      const file = join(folder, "apache.conf");
      const load = (name: string) =>
        `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`;
      const main = `ServerRoot ${folder}\nPidFile ${folder}/apache.pid\nErrorLog ${folder}/apache.log\nServerName localhost\nListen ${ports.https}\nUser www-data\nGroup www-data\n`;
      writeFileSync(file, main + apacheModules.map(load).join("") + recipe("apache", ingredients));
      return ["-f", file, "-DFOREGROUND"];
    },
  }),
  proxy({
    name: "Caddy",
    packages: ["caddy"],
    program: "caddy",
    passesConnections: false,
    configure(ingredients) {
      const file = join(ingredients.folder, "Caddyfile");
      mkdirSync(join(ingredients.folder, "caddy"), { recursive: true });
      const options = "{\n  admin off\n  auto_https disable_redirects\n}\n";
      writeFileSync(file, options + recipe("caddyfile", ingredients));
      return ["run", "--config", file, "--adapter", "caddyfile"];
    },
  }),
];
