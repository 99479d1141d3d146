"""Architectures: all of them whole, and some without their classifier, narrower, or with other arguments."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ArchitectureCase:
    """A call of one of the functions of `applications`; the weights stay without numbers."""

    function: str
    arguments: dict = field(default_factory=dict)
    variant: str = ""

    @property
    def name(self):
        return f"{self.function} {self.variant}".rstrip()


NAMES = """
    VGG16 VGG19
    ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2
    DenseNet121 DenseNet169 DenseNet201
    InceptionV3 InceptionResNetV2 Xception NASNetMobile NASNetLarge
    MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large
    EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3
    EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7
    EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3
    EfficientNetV2S EfficientNetV2M EfficientNetV2L
    ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge
""".split()

HEADLESS = {"include_top": False, "pooling": "avg"}
CASES = [
    *(ArchitectureCase(name) for name in NAMES),
    ArchitectureCase("VGG16", HEADLESS, "without top"),
    ArchitectureCase("ResNet50", {"include_top": False, "pooling": "max", "input_shape": (64, 48, 3)}, "maximum"),
    ArchitectureCase("ResNet50V2", {"include_top": False}, "features"),
    ArchitectureCase("DenseNet121", HEADLESS, "without top"),
    ArchitectureCase("Xception", HEADLESS, "without top"),
    ArchitectureCase("InceptionV3", HEADLESS, "without top"),
    ArchitectureCase("NASNetMobile", {"include_top": False, "input_shape": (65, 65, 3)}, "odd size"),
    ArchitectureCase("MobileNet", {"alpha": 0.5, "depth_multiplier": 2, "classes": 7, "dropout": 0.3}, "narrow"),
    ArchitectureCase("MobileNet", {"input_shape": (160, 160, 3), "classifier_activation": None}, "smaller"),
    ArchitectureCase("MobileNetV2", {"alpha": 1.4, "input_shape": (96, 96, 3)}, "wide"),
    ArchitectureCase("MobileNetV2", HEADLESS, "without top"),
    ArchitectureCase("MobileNetV3Small", {"minimalistic": True, "alpha": 0.75}, "minimalistic"),
    ArchitectureCase("MobileNetV3Large", {"include_preprocessing": False, "dropout_rate": 0, "alpha": 1.25}, "wide"),
    ArchitectureCase("MobileNetV3Large", HEADLESS, "without top"),
    ArchitectureCase("EfficientNetB0", HEADLESS, "without top"),
    ArchitectureCase("EfficientNetV2B0", {"input_shape": (64, 64, 1)}, "gray"),
    ArchitectureCase("EfficientNetV2B0", {**HEADLESS, "include_preprocessing": False}, "without top"),
    ArchitectureCase("ConvNeXtTiny", {**HEADLESS, "include_preprocessing": False, "name": "mine"}, "without top"),
]

SMALL = {"classes": 10, "classifier_activation": None}

# What predicts in the tests; the weights come from `tests.references.architectures.fill`.
PREDICTING = [
    ArchitectureCase("VGG16", {**HEADLESS, "input_shape": (32, 32, 3)}),
    ArchitectureCase("ResNet50", {**SMALL, "input_shape": (32, 32, 3)}),
    ArchitectureCase("ResNet50V2", {**SMALL, "input_shape": (33, 32, 3)}),
    ArchitectureCase("DenseNet121", {**SMALL, "input_shape": (32, 32, 3)}),
    ArchitectureCase("InceptionV3", {**SMALL, "input_shape": (75, 75, 3)}),
    ArchitectureCase("InceptionResNetV2", {**SMALL, "input_shape": (75, 75, 3)}),
    ArchitectureCase("Xception", {**SMALL, "input_shape": (71, 71, 3)}),
    ArchitectureCase("NASNetMobile", {**SMALL, "input_shape": (33, 32, 3)}),
    ArchitectureCase("MobileNet", {**SMALL, "input_shape": (32, 32, 3), "alpha": 0.25}),
    ArchitectureCase("MobileNetV2", {**SMALL, "input_shape": (35, 32, 3), "alpha": 0.35}),
    ArchitectureCase("MobileNetV3Small", {**SMALL, "input_shape": (32, 33, 3)}),
    ArchitectureCase("MobileNetV3Large", {**SMALL, "input_shape": (32, 32, 3), "minimalistic": True}, "minimalistic"),
    ArchitectureCase("EfficientNetB0", {**SMALL, "input_shape": (33, 32, 3)}),
    ArchitectureCase("EfficientNetV2B0", {**SMALL, "input_shape": (32, 32, 3)}),
    ArchitectureCase("ConvNeXtTiny", {**SMALL, "input_shape": (32, 32, 3)}),
]

# What takes a few steps of training, without dropout, which draws other numbers in every library. Where ReLU meets
# batch normalisation over few values, a change of 1e-6 in the images changes the second loss by 10 %; not in these.
LEARNING = [
    ArchitectureCase("MobileNetV3Small", {"classes": 3, "input_shape": (64, 64, 3), "dropout_rate": 0}),
    ArchitectureCase("ConvNeXtTiny", {"classes": 3, "input_shape": (32, 32, 3)}),
]
