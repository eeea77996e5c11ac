import type { ApiCall } from "../http/call.ts";
import { multipart } from "../http/incoming.ts";
import { refuse, type Reply } from "../http/reply.ts";
import { unzipOne } from "./zip.ts";

const largestZip = 25 * 1024 * 1024;

/** `POST /upload`: a zip with one CSV, for a bulk write job (facts §6). */
export async function uploadFile(call: ApiCall): Promise<Reply> {
  if (call.header("feature") !== "bulk-write") {
    return refuse("INVALID_REQUEST", "header feature is missing", {});
  }
  if (call.header("x-crm-org") === undefined) {
    return refuse("INVALID_REQUEST", "header X-CRM-ORG is missing", {});
  }
  const parts = await multipart(call.incoming, call.header("content-type") ?? "");
  const file = parts.find(([name]) => name === "file")?.[1];
  if (!(file instanceof File)) return refuse("INVALID_REQUEST", "file is missing", {});
  if (file.size > largestZip) return refuse("LIMIT_EXCEEDED", "the file is too large", { limit: "25 MB" });
  const unzipped = unzipOne(new Uint8Array(await file.arrayBuffer()));
  if (unzipped === undefined) {
    return refuse("INVALID_FILE_FORMAT", "the file has to be a zip with one CSV in it", {});
  }
  const id = call.org.ids.next();
  call.org.bulk.files.set(id, { name: unzipped.name, csv: new TextDecoder().decode(unzipped.data) });
  return {
    status: 200,
    body: {
      status: "success",
      code: "FILE_UPLOAD_SUCCESS",
      message: "file uploaded.",
      details: { file_id: id, created_time: call.org.iso(call.org.nowMs()) },
    },
  };
}
