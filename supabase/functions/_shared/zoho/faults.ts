import { DatabaseError } from "../platform/database.ts";

/**
 * A fault of a whole call: nothing is known of any of its records (or, for `outcomeUnknown`, Zoho may have written
 * them and the answer was lost). Faults of one record are values, see RecordResult in records.ts.
 */
export class ZohoCallError extends Error {
  override readonly name = "ZohoCallError";
  constructor(
    /** Zoho's code, or ours for a fault below it: TIMEOUT, NETWORK, UNREADABLE, HTTP_503. */
    readonly code: string,
    message: string,
    readonly detail: { status?: number; field?: string; outcomeUnknown?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: detail.cause });
  }
}

/** There is no access token. `TOKEN_REFUSED` waits for a person, `TOKEN_THROTTLED` for Zoho. */
export class ZohoTokenError extends Error {
  override readonly name = "ZohoTokenError";
  constructor(
    readonly code: "TOKEN_REFUSED" | "TOKEN_THROTTLED" | "TOKEN_UNAVAILABLE",
    message: string,
    readonly retryInSeconds: number | null = null,
  ) {
    super(message);
  }
}

/** Records in Zoho carry writes that this database does not remember: it was restored, or another deployment writes too. */
export class UnknownWritesError extends Error {
  override readonly name = "UnknownWritesError";
  readonly code = "UNKNOWN_WRITES";
  constructor(count: number) {
    super(
      `at least ${count} of Zoho's Deals carry a write that this database does not remember: it was restored from a ` +
        "backup, or another deployment writes to this org",
    );
  }
}

/**
 * Code and sentence of a fault. The messages of an unknown error and of Postgres may quote data: they are named by their
 * class, and by the call.
 */
export function describeFault(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.code}: the database could not do ${error.call}`;
  const code = faultCode(error);
  if (code !== "INTERNAL" && error instanceof Error) return `${code}: ${error.message}`;
  return error instanceof Error ? error.name : "unknown fault";
}

/** The stable code of a fault; INTERNAL for an unknown error. */
export function faultCode(fault: unknown): string {
  return fault instanceof Error && "code" in fault && typeof fault.code === "string"
    ? fault.code
    : "INTERNAL";
}

/** Whether Zoho refused or did not answer a call, or gives no token. Anything else is a fault of ours. */
export function isZohoFault(fault: unknown): fault is ZohoCallError | ZohoTokenError {
  return fault instanceof ZohoCallError || fault instanceof ZohoTokenError;
}
