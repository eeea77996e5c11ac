import { assertEquals } from "@std/assert";
import { forecastCredits } from "../../supabase/functions/_shared/status/forecast.ts";

const now = Date.parse("2026-11-23T08:00:00Z");
const quarter = (minutesAgo: number, credits: number) => ({
  at: new Date(now - minutesAgo * 60_000).toISOString(),
  credits,
});

Deno.test("the forecast of the last hour's rate is 24 times as much for the day", () => {
  const { perHour, forecast } = forecastCredits(
    [quarter(10, 30), quarter(25, 20), quarter(300, 999)],
    50_000,
    now,
  );
  assertEquals([perHour, forecast], [50, { dayTotal: 1200, budgetReachedAt: null }]);
});

Deno.test("the budget is reached when spent and forecast credits fill it", () => {
  // 40,000 spent an hour ago or more, 4,000 an hour now: 50,000 after another 1 h 30 min.
  const { forecast } = forecastCredits([quarter(14, 4000), quarter(90, 40_000)], 50_000, now);
  assertEquals(forecast, { dayTotal: 96_000, budgetReachedAt: "2026-11-23T09:30:00.000Z" });
});

Deno.test("credits spent a day ago are available again", () => {
  // 45,000 fall out of the 24 h in half an hour, before 6,000 an hour could fill the rest.
  const { forecast } = forecastCredits([quarter(14, 600), quarter(24 * 60 - 30, 45_000)], 50_000, now);
  assertEquals(forecast, { dayTotal: 14_400, budgetReachedAt: null });
});

Deno.test("a spent budget is reached now, and one with no spending never", () => {
  assertEquals(
    forecastCredits([quarter(100, 50_000)], 50_000, now).forecast.budgetReachedAt,
    new Date(now).toISOString(),
  );
  assertEquals(forecastCredits([], 50_000, now), {
    perHour: 0,
    forecast: { dayTotal: 0, budgetReachedAt: null },
  });
});
