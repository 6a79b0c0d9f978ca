"""LangChain (`pip install langchain-openai`): a model with a tool."""

import sys

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def temperature(city: str) -> str:
    """The temperature in a city, in degrees Celsius."""
    return f"It is 21 degrees in {city}."


model = ChatOpenAI(model=sys.argv[1] if len(sys.argv) > 1 else "gpt-5.4").bind_tools([temperature])
messages: list[BaseMessage] = [HumanMessage("How warm is it in Lemont?")]
while (answer := model.invoke(messages)).tool_calls:
    results = [ToolMessage(temperature.invoke(call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls]
    messages += [answer, *results]
print(answer.text)
