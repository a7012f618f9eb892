// Something to serve: a small server in two Pods, which page docs/install.md takes for its reader's own.

/** Answers with the name of its Pod; `image` is one that has Node. */
export const webText = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          command: [node, -e, "${SERVER}"]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { port: http }, periodSeconds: 1 }
`

const SERVER =
  "require('http').createServer((_, answer) => answer.end(require('os').hostname())).listen(8080)"
