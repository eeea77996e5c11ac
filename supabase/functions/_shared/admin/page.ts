import { z } from "zod";

const pageShape = z.object({
  items: z.array(z.record(z.string(), z.unknown())),
  next: z.string().nullable(),
});

/** A page as the SQL functions answer it; their keys are the answer's own. */
export function page(rows: unknown): z.infer<typeof pageShape> {
  return pageShape.parse(rows);
}
