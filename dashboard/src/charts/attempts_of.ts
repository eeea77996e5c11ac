import type { HourBucket } from "../api/answers.ts";
import { linkTo } from "../route/route.ts";
import { hourFrom } from "../say/span.ts";

/** The attempts of an hour; where some failed, those. With a keyboard the table below the chart leads there. */
export function attemptsInHour(bucket: HourBucket): string {
  return linkTo("attempts", "", {
    ...hourFrom(bucket.hour),
    ...(bucket.failed > 0 && { status: "unsuccessful" }),
  });
}
