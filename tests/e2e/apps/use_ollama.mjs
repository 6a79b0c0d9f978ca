// Ollama's own package for JavaScript: a model, then what it is asked.
import { Ollama } from "ollama";

const model = process.argv.at(-1);
const client = new Ollama({ host: process.env.OLLAMA_HOST });
const say = [{ role: "user", content: "Say hello." }];
const parameters = { type: "object", properties: { command: { type: "string" } }, required: ["command"] };
const tools = [{ type: "function", function: { name: "shout", description: "Runs a command.", parameters } }];
const city = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
const talk = [{ role: "user", content: "Run `alpha`, then tell me." }];
const first = await client.chat({ model, messages: talk, tools });
const results = (first.message.tool_calls ?? []).map((call) => (
  { role: "tool", tool_name: call.function.name, content: `ALPHA-42 of ${call.function.arguments.command}` }));
const last = await client.chat({ model, messages: [...talk, first.message, ...results], tools });
let stream = "";
for await (const piece of await client.chat({ model, messages: say, stream: true })) stream += piece.message.content;
const formed = await client.chat({ model, messages: say, format: city });
const plain = await client.chat({ model, messages: say });
const named = (await client.list()).models.map((one) => one.name);
if (!named.includes(`${model}:latest`)) throw new Error(`not listed: ${named}`);
console.log(JSON.stringify({
  plain: plain.message.content, stream, tool: last.message.content,
  structured: JSON.parse(formed.message.content).name,
}));
