import { extname, join } from "node:path";
import { DASHBOARD_DIST } from "./dashboard_build.ts";
import { type DashboardConfig, securityHeaders } from "./dashboard_headers.ts";

export interface Dashboard {
  readonly url: string;
  stop(): Promise<void>;
}

export interface DashboardOptions {
  /** 0 takes any free one. */
  port: number;
  config: DashboardConfig;
  /** Default: dashboard/dist. */
  directory?: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Serves the built page as a static host would, with the headers of docs/dashboard.md and a config.json of its own. */
export function serveDashboard({ port, config, directory = DASHBOARD_DIST }: DashboardOptions): Dashboard {
  const headers = securityHeaders(config.supabaseUrl);
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/config.json") {
      return Response.json(config, { headers: { ...headers, "cache-control": "no-cache" } });
    }
    const path = pathname === "/" ? "/index.html" : pathname;
    const type = TYPES[extname(path)];
    const file = type === undefined || path.includes("..")
      ? null
      : await Deno.readFile(join(directory, path)).catch(() => null);
    if (!file) return new Response("There is no such file", { status: 404, headers });
    return new Response(file, {
      headers: { ...headers, "content-type": type ?? "", "cache-control": cacheOf(path) },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    stop: () => server.shutdown(),
  };
}

/** Files of assets/ carry the hash of their content in their names. */
function cacheOf(path: string): string {
  return path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}
