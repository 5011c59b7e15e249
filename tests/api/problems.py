"""The common form of all errors of the API."""


def assert_problem(response, status, code):
    """Checks that the response is this problem and returns its fields. Without `code`, it must not be a problem."""
    assert response.status_code == status, response.text
    if code is None:
        return None
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status and problem["code"] == code, problem
    assert problem["type"] == "about:blank" and problem["title"] and problem["detail"]
    assert problem.get("retry_after") == (int(response.headers["retry-after"]) if status in {429, 503} else None)
    assert response.headers["x-request-id"]
    return problem
