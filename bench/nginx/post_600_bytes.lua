-- wrk posts what the driver's events look like: a body of 600 bytes.
wrk.method = "POST"
wrk.body = string.rep("x", 600)
wrk.headers["Content-Type"] = "application/json"
