"""The operations of the services, by name, for who names one: faults. A test keeps them in step."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = {
    "oss": """
        ListBuckets PutBucketAcl PutBucketVersioning PutBucket GetBucketAcl GetBucketInfo
        GetBucketLocation GetBucketStat GetBucketVersioning PutBucketReferer GetBucketReferer
        PutBucketPublicAccessBlock GetBucketPublicAccessBlock DeleteBucketPublicAccessBlock
        PutBucketEncryption GetBucketEncryption DeleteBucketEncryption ListMultipartUploads ListObjectVersions
        ListObjectsV2 ListObjects DeleteBucket DeleteMultipleObjects PostObject PutObjectACL
        PutObjectTagging PutSymlink UploadPartCopy UploadPart CopyObject PutObject GetObjectACL
        GetObjectTagging GetSymlink ListParts GetObject GetObjectMeta HeadObject DeleteObjectTagging
        AbortMultipartUpload DeleteObject AppendObject InitiateMultipartUpload
        CompleteMultipartUpload InitiateBucketWorm
        CompleteBucketWorm ExtendBucketWorm AbortBucketWorm GetBucketWorm PutBucketCors
        GetBucketCors DeleteBucketCors OptionObject AsyncProcessObject
    """,
    "multimediaai": "CreateGifTask GetTaskStatus GetTaskResult ListTasks",
    "imm": "CreateProject GetProject AttachOSSBucket DetachOSSBucket GetOSSBucketAttachment GetTask",
    "sts": "GetCallerIdentity",
    "fc": """
        CreateAlias CreateFunction CreateTrigger DeleteAlias DeleteAsyncInvokeConfig
        DeleteConcurrencyConfig DeleteFunction DeleteFunctionVersion DeleteTrigger GetAlias
        GetAsyncInvokeConfig GetConcurrencyConfig GetFunction GetFunctionCode GetProvisionConfig
        GetScalingConfig GetTempBucketToken GetTrigger InvokeFunction InvokeHTTPTrigger ListAliases
        ListAsyncInvokeConfigs ListFunctionVersions ListFunctions ListProvisionConfigs ListScalingConfigs
        ListTagResources ListTriggers ListVpcBindings PublishFunctionVersion PutAsyncInvokeConfig
        PutConcurrencyConfig TagResources UntagResources UpdateAlias UpdateFunction UpdateTrigger
    """,
    "sls": """
        CreateIndex CreateLogStore CreateProject DeleteIndex GetIndex GetLogStore GetLogs GetLogsV2 GetProject
        ListLogStores ListProject UpdateIndex
    """,
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {service: tuple(names.split()) for service, names in _NAMES.items()}
