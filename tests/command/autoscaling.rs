//! The examples for autoscalers, against the real server.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::running::{Place, shipped};
use crate::serving::Server;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn example(server: &Server, name: &str) -> Command {
    let mut command = Command::new(shipped(&format!("examples/autoscaler/{name}")));
    command.env("GATE_URL", format!("http://{}", server.address));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn fed(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_shell_script() {
    let place = Place::new();
    let server = Server::shipped(&place);
    let run = |nodes: &[&str]| {
        let output = example(&server, "gate.sh").args(nodes).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, told) = run(&["mysql1.example.net"]);
    assert!(code == Some(1) && told.contains("safe-to-stop"), "{code:?} {told}");
    assert_eq!(run(&["cache1.example.net"]).0, Some(0));
    assert_eq!(run(&["nobody.example.net"]).0, Some(3));
    assert_eq!(run(&["x\", \"y"]).0, Some(3));
    drop(server);
    let mut away = Command::new(shipped("examples/autoscaler/gate.sh"));
    let away = away.arg("web1.example.net").env("GATE_URL", "http://127.0.0.1:9");
    assert_eq!(away.output().unwrap().status.code(), Some(3));
}

#[test]
fn a_lifecycle_hook_of_aws() {
    let place = Place::new();
    let server = Server::shipped(&place);
    let run = |instance: &str| {
        let event = json!({"detail-type": "EC2 Instance-terminate Lifecycle Action", "detail": {
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
            "LifecycleActionToken": "87654321-4321-4321-4321-210987654321",
            "AutoScalingGroupName": "shop", "LifecycleHookName": "ground rules",
            "EC2InstanceId": instance,
        }});
        let mut hook = example(&server, "aws_lifecycle_hook.py");
        hook.env("NODE_NAME", "{instance}.example.net");
        let output = fed(hook, &event.to_string());
        assert!(output.status.success(), "{output:?}");
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (call, why) = run("mysql1");
    assert!(call.starts_with("aws autoscaling record-lifecycle-action-heartbeat "), "{call}");
    assert!(why.contains("mysql1.example.net must not go: erp1.example.net needs"), "{why}");
    let (call, _) = run("cache1");
    let expected = "aws autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE --lifecycle-hook-name 'ground rules' --auto-scaling-group-name shop --lifecycle-action-token 87654321-4321-4321-4321-210987654321\n";
    assert_eq!(call, expected);
}

#[test]
fn a_webhook_of_kubernetes() {
    let place = Place::new();
    let server = Server::shipped(&place);
    let port = groundrule_services::free_port();
    let mut webhook = example(&server, "kubernetes_webhook.py");
    let _webhook = Running(webhook.arg(port.to_string()).stderr(Stdio::null()).spawn().unwrap());
    let post = |body: &Value| {
        let url = format!("http://127.0.0.1:{port}/");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "30", "--data-binary", "@-", &url]);
        serde_json::from_slice::<Value>(&fed(curl, &body.to_string()).stdout).ok()
    };
    let review = |name: &str, resource: &str| {
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "operation": "DELETE", "name": name,
            "resource": {"group": "", "version": "v1", "resource": resource},
        }})
    };
    let began = Instant::now();
    while post(&review("x", "pods")).is_none() {
        assert!(began.elapsed() < Duration::from_secs(20), "the webhook does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    let answer = post(&review("mysql1.example.net", "nodes")).unwrap();
    assert_eq!(answer["response"]["uid"], "705ab4f5-6393-11e8-b7cc-42010a800002");
    assert_eq!(answer["response"]["allowed"], false, "{answer}");
    assert!(answer["response"]["status"]["message"].as_str().unwrap().contains("erp1.example.net"));
    let answer = post(&review("cache1.example.net", "nodes")).unwrap();
    assert_eq!(answer["response"]["allowed"], true, "{answer}");
    assert_eq!(post(&json!({})).unwrap()["error"], "this is no AdmissionReview: 'request'");
}
