"""What every error of the API has in common."""


def assert_problem(response, status, code):
    """Checks that it is that problem, and gives its fields; no `code` means that it is none."""
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
