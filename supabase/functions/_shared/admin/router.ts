import type { CallContext } from "../platform/caller.ts";
import { BadRequestError } from "../platform/http.ts";
import type { Log } from "../platform/log.ts";

export interface AdminCall extends CallContext {
  body: unknown;
  query: URLSearchParams;
  log: Log;
}

type Route = (call: AdminCall) => Promise<Response>;

/** What an operator may ask, by "METHOD /path" below /zoho-admin. */
export type Routes = Readonly<Record<string, Route>>;

/** @throws BadRequestError 404 naming what there is */
export function findRoute(routes: Routes, request: Request): Route {
  const path = new URL(request.url).pathname.replace(/^.*?\/zoho-admin/, "").replace(/\/+$/, "") || "/";
  return routeNamed(routes, `${request.method} ${path}`);
}

/** @throws BadRequestError 404 naming what there is */
export function routeNamed(routes: Routes, name: string): Route {
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (route) return route;
  throw new BadRequestError(404, {
    code: "NO_SUCH_ACTION",
    message: `There is no ${name}; there is ${Object.keys(routes).join(", ")}`,
    field: "path",
  });
}
