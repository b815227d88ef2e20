"""A local Alibaba Cloud, moto-style: OSS, Function Compute, Multimedia AI, IMM, Log Service and RAM on one port.

    from harness.cloud import local_cloud

The plan of the house, from the roof down; a wing imports from those below it only, and a test holds that.

    pytest_plugin   fixtures for tests against a local cloud
    cli/            `python -m harness`: up, demo, put, invoke, events, reset
    cloud/          all services on one port, and what leads a request, an event or a right from one to another
    console/        the page that shows what happens
    stack/          s.yaml and .env: read, checked, and filled into the documents of ram/
    fc/             Function Compute: control plane, instances, delivery; sls/: where what functions print goes
    multimediaai/   Multimedia AI and IMM, the two that make GIFs, and what both are made of: media/, openapi/
                    (there STS, too)
    oss/            OSS: state, and how it goes over the wire
    signatures/     who has signed a request
    ram/            policies, identities, and how a service asks whether somebody may
    http/           the server, requests and answers, hosts, and what goes wrong on purpose
    journal.py      what has happened
"""
