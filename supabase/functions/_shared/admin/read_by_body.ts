import { z } from "zod";
import { type AdminCall, routeNamed, type Routes } from "./router.ts";
import { bodyOf } from "./validate.ts";

/** Callers that may read may call it: it changes nothing. */
export const isReadByBody = (request: Request): boolean =>
  /\/zoho-admin\/read\/?$/.test(new URL(request.url).pathname);

const readRequest = z.strictObject({
  path: z.string().regex(/^\/[a-z./-]+$/, { error: "is not the path of a read, such as /search" }).max(80),
  query: z.record(z.string().max(80), z.string().max(1_000)).default({}),
});

/**
 * POST /read: any GET by its path, with its arguments in the body. Addresses are kept in the platform's logs, and what a
 * person types into a search may be a name.
 *
 * @throws BadRequestError naming the field
 */
export async function readByBody(routes: Routes, call: AdminCall): Promise<Response> {
  const { path, query } = bodyOf(call, readRequest);
  const route = routeNamed(routes, `GET ${path}`);
  return await route({ ...call, body: {}, query: new URLSearchParams(query) });
}
