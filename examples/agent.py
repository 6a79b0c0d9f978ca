"""A coding agent of forty lines: it does what it is asked by running shell commands. Look at each before you allow it.

python agent.py [MODEL] [TASK]
"""

import json
import subprocess
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

model = sys.argv[1] if len(sys.argv) > 1 else "claude-opus-4.6"
task = sys.argv[2] if len(sys.argv) > 2 else "Run `uname -s`, then tell me which system this is."
schema: dict[str, object] = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
tool: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "shell", "description": "Runs a shell command and gives its output.", "parameters": schema},
}
client = OpenAI()
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": task}]

for _ in range(20):
    message = client.chat.completions.create(model=model, messages=messages, tools=[tool]).choices[0].message
    print(message.content or "")
    if not message.tool_calls:
        break
    messages.append(message.to_dict())  # type: ignore[arg-type]  # the SDK takes its own answers back
    for call in message.tool_calls:
        assert call.type == "function"
        command = json.loads(call.function.arguments)["command"]
        if input(f"$ {command}   [y/N] ").strip().lower() == "y":
            done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=300)
            result = done.stdout + done.stderr
        else:
            result = "The user did not allow this command."
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
