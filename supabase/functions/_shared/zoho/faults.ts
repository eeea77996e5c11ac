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

/** No access token can be had. `TOKEN_REFUSED` waits for a person, `TOKEN_THROTTLED` for Zoho. */
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

/** Code and sentence of a fault; an error we do not know is named by its class only, since it may quote data. */
export function describeFault(error: unknown): string {
  const code = faultCode(error);
  if (code !== "INTERNAL" && error instanceof Error) return `${code}: ${error.message}`;
  return error instanceof Error ? error.name : "unknown fault";
}

/** The stable code of a fault; one that we do not know is a fault of ours. */
export function faultCode(fault: unknown): string {
  return fault instanceof Error && "code" in fault && typeof fault.code === "string"
    ? fault.code
    : "INTERNAL";
}

/** Zoho cannot be asked: it refused or lost a call, or gives no token. Anything else is a fault of ours. */
export function isZohoFault(fault: unknown): fault is ZohoCallError | ZohoTokenError {
  return fault instanceof ZohoCallError || fault instanceof ZohoTokenError;
}
