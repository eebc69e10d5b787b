// Answers hours_reference.json anew by opening_hours.js, the reference implementation.
// Run where `npm install opening_hours` was run: TZ=UTC node hours_reference.mjs < old > new
import OpeningHours from "opening_hours";
import { readFileSync } from "fs";

const file = JSON.parse(readFileSync(0, "utf8"));
const nanjing = { lat: 32.06, lon: 118.78, address: { country_code: "cn", state: "Jiangsu" } };
// Where the reference knows the holidays of these days, Christmas: two in a row, the second a Saturday.
const berlin = { lat: 52.52, lon: 13.4, address: { country_code: "de", state: "Berlin" } };
const answer = (place) => ([expression, day]) => {
  const start = new Date(`${day}T00:00:00Z`);
  const end = new Date(start.getTime() + file.days * 86400000);
  const minute = (at) => Math.round((at - start) / 60000);
  const found = new OpeningHours(expression, place).getOpenIntervals(start, end);
  const spans = found.map(([a, b, unknown]) => [minute(a), minute(b), unknown ? "unknown" : "open"]);
  return JSON.stringify([expression, day, spans]);
};
const list = (cases, place) => `[\n${cases.map(answer(place)).join(",\n")}\n]`;
process.stdout.write(`{
"made_by": ${JSON.stringify(file.made_by)},
"days": ${file.days},
"cases": ${list(file.cases, nanjing)},
"holidays": ${JSON.stringify(file.holidays)},
"holiday_cases": ${list(file.holiday_cases, berlin)}
}
`);
