"""A server that speaks AWS's API (moto): topics whose messages can be read, and metrics."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}


@dataclass(frozen=True)
class Message:
    """A message as a subscriber of the topic gets it."""

    subject: str
    text: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class AwsServer:
    """The server, a topic and its one subscriber."""

    url: str
    topic_arn: str
    queue_url: str

    @property
    def environment(self) -> dict[str, str]:
        """How a process reaches the server in place of AWS."""
        return KEYS | {"AWS_ENDPOINT_URL_SNS": self.url, "AWS_ENDPOINT_URL_CLOUDWATCH": self.url}

    def client(self, service: str) -> Any:
        """A client of a service of the server."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def messages(self) -> list[Message]:
        """What was published since this was last asked, in its order."""
        found = []
        while (
            answer := self.client("sqs")
            .receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
            .get("Messages")
        ):
            for each in answer:
                body = json.loads(each["Body"])
                attributes = {name: _value(found) for name, found in body.get("MessageAttributes", {}).items()}
                found.append(Message(body["Subject"], body["Message"], attributes))
                self.client("sqs").delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def metrics(self, namespace: str) -> dict[tuple[str, str], tuple[float, str]]:
        """By name and system (empty for the whole run), the sum of a metric of client enercity, and its unit."""
        client = self.client("cloudwatch")
        found = {}
        for metric in client.list_metrics(Namespace=namespace)["Metrics"]:
            dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            (point,) = client.get_metric_statistics(
                Namespace=namespace,
                MetricName=metric["MetricName"],
                Dimensions=metric["Dimensions"],
                StartTime="2020-01-01T00:00:00Z",
                EndTime="2100-01-01T00:00:00Z",
                Period=86400 * 365 * 80,
                Statistics=["Sum"],
            )["Datapoints"]
            assert dimensions["Client"] == "enercity"
            found[metric["MetricName"], dimensions.get("System", "")] = (point["Sum"], point["Unit"])
        return found


def _value(attribute: dict[str, str]) -> Any:
    return json.loads(attribute["Value"]) if attribute["Type"] == "String.Array" else attribute["Value"]


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """A running server with a topic and a queue that is subscribed to it."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    started = AwsServer(f"http://{host}:{port}", "", "")
    topic_arn = started.client("sns").create_topic(Name="billing-alerts")["TopicArn"]
    queue_url = started.client("sqs").create_queue(QueueName="on-call")["QueueUrl"]
    queue_arn = started.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    started.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn["Attributes"]["QueueArn"])
    try:
        yield AwsServer(started.url, topic_arn, queue_url)
    finally:
        server.stop()


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connections.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def refusing_address() -> str:
    """The address of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
