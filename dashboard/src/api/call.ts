import { FunctionsFetchError, FunctionsHttpError, FunctionsRelayError } from "@supabase/supabase-js";
import { supabase } from "../supabase.ts";
import { ApiError, readRefusal } from "./error.ts";

/** Longer than any read takes; an answer that is later than this is not waited for. */
const PATIENCE_MS = 30_000;

/** Reads `path` ("/status") of zoho-admin as the person who is signed in. @throws ApiError */
export function read<T>(path: string): Promise<T> {
  return call<T>(...askedFor(path));
}

/** Reads what is not JSON, such as a CSV. @throws ApiError */
export function readText(path: string): Promise<string> {
  return call<string>(...askedFor(path));
}

/** What a person typed goes in a body: addresses are kept in logs, and it may be a name. */
function askedFor(path: string): [path: string, options: Options] {
  const [route = "", search = ""] = path.split("?", 2);
  const query = Object.fromEntries(new URLSearchParams(search));
  if (!("text" in query)) return [path, { method: "GET" }];
  return ["/read", { method: "POST", body: { path: route, query } }];
}

/** Asks zoho-admin to do something; it writes down who asked. @throws ApiError */
export function act<T>(path: string, body: Record<string, unknown>): Promise<T> {
  return call<T>(path, { method: "POST", body });
}

type Options =
  | { method: "GET" }
  | {
    method: "POST";
    body: Record<string, unknown>;
  };

async function call<T>(path: string, options: Options): Promise<T> {
  const { data, error } = await supabase().functions.invoke<T>(`zoho-admin${path}`, {
    ...options,
    timeout: PATIENCE_MS,
  });
  if (error) throw await explain(error);
  if (data === null) {
    throw new ApiError(200, { code: "EMPTY", message: "The answer was empty" });
  }
  return data;
}

async function explain(error: unknown): Promise<ApiError> {
  if (error instanceof FunctionsHttpError) {
    const response: Response = error.context;
    return new ApiError(response.status, readRefusal(await response.json().catch(() => null)));
  }
  if (error instanceof FunctionsRelayError || error instanceof FunctionsFetchError) {
    return new ApiError(0, {
      code: "UNREACHABLE",
      message: "The project could not be reached",
    });
  }
  return new ApiError(0, {
    code: "UNEXPECTED",
    message: error instanceof Error ? error.message : "Unknown fault",
  });
}
