import type { JsonObject } from "../core/json.ts";

interface Code {
  status: number;
  message: string;
  details?: JsonObject;
}

/**
 * Codes that users of the API report and that nothing in here answers by itself: a scripted fault makes them. Messages
 * are as reported; a fault may give others, and another status, as NOT_SUPPORTED also comes with 403.
 */
const codes: Record<string, Code> = {
  NOT_ALLOWED: { status: 400, message: "the action is not allowed" },
  CANNOT_PROCESS: { status: 400, message: "the request cannot be processed" },
  BLOCKED_RECORD: { status: 400, message: "the record is blocked" },
  RECORD_LOCKED: { status: 400, message: "record is locked" },
  RECORD_IN_BLUEPRINT: { status: 400, message: "The record is in blue print" },
  NOT_APPROVED: { status: 400, message: "the record is waiting for approval" },
  FEATURE_NOT_SUPPORTED: { status: 400, message: "the feature is not supported in this edition" },
  PATTERN_NOT_MATCHED: { status: 400, message: "the value does not match the pattern" },
  AMBIGUITY_DURING_PROCESSING: { status: 400, message: "Ambiguity while processing the request" },
  DEPENDENT_SERVICE_ERROR: { status: 400, message: "a service that the request depends on failed" },
  FILE_TOO_LARGE: { status: 413, message: "the request is too large" },
  RESOURCE_NOT_FOUND: { status: 404, message: "the resource is not found" },
  NOT_SUPPORTED: { status: 400, message: "the action is not supported" },
  NO_PERMISSION: { status: 403, message: "permission denied", details: { permissions: [] } },
  AUTHORIZATION_FAILED: { status: 400, message: "User does not have sufficient privilege" },
};

export function codeOf(code: string): Code {
  return codes[code] ?? { status: 400, message: code.toLowerCase().replaceAll("_", " ") };
}

export const knownCodes = Object.keys(codes);
