import { assert, assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { unzipOne, zipOne } from "../../local/zoho/bulk/zip.ts";
import { unzipFile, zipFile } from "../../supabase/functions/_shared/zoho/zip.ts";

const text = "Deal_Name,Amount\r\n" + "Vertrag Müller & Söhne,1000\r\n".repeat(500);
const bytes = new TextEncoder().encode(text);

Deno.test("a file that is zipped and unzipped is the same, and smaller in between", async () => {
  const zip = await zipFile("rows.csv", bytes);
  assert(zip.length < bytes.length / 10, `${zip.length} bytes`);
  assertEquals(new TextDecoder().decode(await unzipFile(zip) ?? undefined), text);
});

Deno.test("another reader finds the name and the bytes, and a stored file of another writer is read", async () => {
  const there = unzipOne(await zipFile("Verträge.csv", bytes));
  assertEquals([there?.name, new TextDecoder().decode(there?.data)], ["Verträge.csv", text]);
  const back = await unzipFile(new Uint8Array(zipOne("x.csv", bytes)));
  assertEquals(new TextDecoder().decode(back ?? undefined), text);
});

Deno.test("the checksum of both headers is the file's, which a stricter reader checks", async () => {
  const zip = await zipFile("rows.csv", bytes);
  const view = new DataView(zip.buffer);
  const central = view.getUint32(zip.length - 22 + 16, true);
  assertEquals([view.getUint32(14, true), view.getUint32(central + 16, true)], [crc32(bytes), crc32(bytes)]);
});

for (
  const [what, broken] of [
    ["nothing", new Uint8Array(0)],
    ["text", bytes],
    ["an end without a directory", new Uint8Array([0x50, 0x4b, 5, 6, ...new Array(18).fill(0xff)])],
  ] as const
) {
  Deno.test(`${what} is no zip`, async () => assertEquals(await unzipFile(new Uint8Array(broken)), null));
}
