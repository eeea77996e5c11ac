import { assertEquals } from "@std/assert";
import type { Stack } from "../../local/stack.ts";

// How the tests call zoho-admin: as a page does, over HTTP through the gateway.

export interface RefusedAct {
  status: number;
  code: string;
  message: string;
  field?: string;
  hint?: string;
}

/** One call with the secret key; other headers replace it. */
export async function adminCall(
  stack: Stack,
  route: string,
  body?: unknown,
  headers: Record<string, string> = { apikey: stack.secretKey },
): Promise<{ status: number; body: Record<string, unknown> }> {
  const [method = "GET", path = "/"] = route.split(" ");
  const response = await fetch(`${stack.apiUrl}/functions/v1/zoho-admin${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }),
  });
  return { status: response.status, body: await response.json() };
}

/** The payload of a good answer; fails with what was answered instead. */
export async function asked<T>(
  stack: Stack,
  route: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<T> {
  const { status, body: answer } = await adminCall(stack, route, body, headers);
  assertEquals([status, answer.success], [200, true], JSON.stringify(answer));
  return answer as T;
}

/** The refusal of a call; fails when it was not refused. */
export async function refused(
  stack: Stack,
  route: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<RefusedAct> {
  const { status, body: answer } = await adminCall(stack, route, body, headers);
  assertEquals(answer.success, false, JSON.stringify(answer));
  return { status, ...answer.error as Omit<RefusedAct, "status"> };
}
